// Runs a Go program, compiled to WebAssembly, as an edge function: the other half of bridge_js.go.
// Every function's index.ts is two lines over this. `wasm_exec.js` is the Go toolchain's own, copied
// here by `go tool task functions:build`.

import "./wasm_exec.js";

/** What wasm_exec.js brings. */
declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
  _resume(): void;
  _scheduledTimeouts: Map<number, number>;
}

/** What the Go side gives: see bridge_js.go. */
interface Bridge {
  ended: boolean;
  handle(id: number, head: string, body: Uint8Array | boolean | null): void;
  pulled(id: number, chunk: Uint8Array | null, error: string | null): void;
  written(id: number, error: string | null): void;
  left(id: number): void;
}

/** What the Go side calls: an exchange's own functions, by its id. */
type Calls = { [name in "respond" | "begin" | "write" | "end" | "fail" | "pull"]: (id: number, ...args: never[]) => void };

declare global {
  var mysingleEdge: (...functions: [Bridge["handle"], Bridge["pulled"], Bridge["written"], Bridge["left"]]) => Calls;
  var mysingleResolve: (host: string) => Promise<string[]>;
  var EdgeRuntime: { waitUntil(promise: Promise<unknown>): void } | undefined;
}

/** Bodies that say they are no longer than this are handed over whole. */
const smallBody = 64 << 10;

/** A host's addresses, for Go code that must know where a request would go. A look-up that fails, other than for lack of such an address, fails the whole. */
globalThis.mysingleResolve = async (host) => {
  const look = (kind: "A" | "AAAA") =>
    Deno.resolveDns(host, kind).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    });
  return (await Promise.all([look("A"), look("AAAA")])).flat();
};

// An upstream that breaks off while Go reads its answer can leave a promise behind that nobody waits for any
// more: net/http has its error by then. It must not take the function down.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  console.error(`Nobody waited for this: ${event.reason?.stack ?? event.reason}`);
});

/** Serves the function in the WebAssembly file at the URL. PORT, if set, says where on this machine. */
export function serve(file: URL): void {
  const program = new Program(file);
  const port = Deno.env.get("PORT");
  const handler = (request: Request, info: Deno.ServeHandlerInfo) => program.answer(request, address(info));
  if (port) Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: ({ port }) => console.info(`Listening on ${port}`) }, handler);
  else Deno.serve(handler);
}

function address({ remoteAddr }: Deno.ServeHandlerInfo): string {
  return remoteAddr && "hostname" in remoteAddr ? `${remoteAddr.hostname}:${remoteAddr.port}` : "";
}

/** The Go program: compiled once, started at once, and again if it should ever end. */
class Program {
  #module: Promise<WebAssembly.Module>;
  #running: Promise<Bridge> | null = null;
  #exchanges = new Map<number, Exchange>();
  #calls: Calls = {
    respond: (id, ...args: Parameters<Exchange["respond"]>) => this.#exchanges.get(id)?.respond(...args),
    begin: (id, ...args: Parameters<Exchange["begin"]>) => this.#exchanges.get(id)?.begin(...args),
    write: (id, ...args: Parameters<Exchange["write"]>) => this.#exchanges.get(id)?.write(...args),
    end: (id) => this.#exchanges.get(id)?.end(),
    fail: (id) => this.#exchanges.get(id)?.fail(),
    pull: (id) => this.#exchanges.get(id)?.pull(),
  };
  #last = 0;

  constructor(file: URL) {
    this.#module = Deno.readFile(file).then((bytes) => WebAssembly.compile(bytes));
    this.#bridge().catch((error) => console.error(`The function doesn't start: ${error}`)); // the next request tries again
  }

  async answer(request: Request, remote: string): Promise<Response> {
    let bridge: Bridge;
    try {
      bridge = await this.#bridge();
    } catch (error) {
      console.error(`The function doesn't start: ${error}`);
      return failed();
    }
    const id = ++this.#last;
    return await new Promise((resolve) => {
      const over = Promise.withResolvers<void>();
      const exchange = new Exchange(id, bridge, request, resolve, () => {
        this.#exchanges.delete(id);
        over.resolve();
      });
      this.#exchanges.set(id, exchange);
      // Whether or not the client waits, what Go has begun it may finish: Supabase ends idle instances.
      globalThis.EdgeRuntime?.waitUntil(over.promise);
      exchange.start(remote);
    });
  }

  #bridge(): Promise<Bridge> {
    return (this.#running ??= this.#start());
  }

  async #start(): Promise<Bridge> {
    try {
      const go = new Go();
      const instance = await WebAssembly.instantiate(await this.#module, go.importObject);
      return await new Promise((resolve, reject) => {
        // Called before the program first waits for anything, so none of two programs takes the other's.
        let bridge: Bridge | null = null;
        globalThis.mysingleEdge = (handle, pulled, written, left) => {
          resolve((bridge = { ended: false, handle, pulled, written, left }));
          return this.#calls;
        };
        go.run(instance).then(() => new Error("it has ended"), (error) => error).then((error) => {
          for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer);
          go._resume = () => {}; // what else it waited for would throw where nobody catches
          this.#running = null;
          if (bridge) bridge.ended = true;
          reject(error);
          console.error(`The function ended: ${error}`);
          for (const exchange of this.#exchanges.values()) exchange.fail();
        });
      });
    } catch (error) {
      this.#running = null;
      throw error;
    }
  }
}

/** One request and its answer. What is called here from Go must not throw: that would end the program. */
class Exchange {
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #over = false;

  constructor(
    private id: number,
    private bridge: Bridge,
    private request: Request,
    private resolve: (response: Response) => void,
    private forget: () => void,
  ) {}

  async start(remote: string): Promise<void> {
    const { method, url, headers, body, signal } = this.request;
    signal.addEventListener("abort", this.#left);
    let given: Uint8Array | boolean | null = null;
    if (body !== null && method !== "OPTIONS") { // which Deno gives an empty one
      const length = Number(headers.get("content-length") ?? NaN);
      try {
        if (length <= smallBody) given = new Uint8Array(await this.request.arrayBuffer());
        else [given, this.#reader] = [true, body.getReader()];
      } catch {
        return this.fail(); // the client broke off
      }
    }
    const lines = [method, url, remote];
    headers.forEach((value, name) => lines.push(name, value));
    this.#go(() => this.bridge.handle(this.id, lines.join("\n"), given));
  }

  /** The whole answer. */
  respond(status: number, headers: string, body: Uint8Array<ArrayBuffer> | null): void {
    this.#answer(body, status, headers);
    this.#end();
  }

  /** The head of an answer whose body is written piece by piece. */
  begin(status: number, headers: string): void {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(this.#left); // the client is gone
    if (!this.#answer(readable, status, headers)) readable.cancel("there is no answer").catch(() => {}); // ends the writer, too
  }

  /** A piece of the body: Go waits until it is taken. */
  write(chunk: Uint8Array): void {
    this.#writer!.write(chunk).then(
      () => this.#go(() => this.bridge.written(this.id, null)),
      () => this.#go(() => this.bridge.written(this.id, "the client has left")),
    );
  }

  end(): void {
    this.#writer!.close().catch(() => {}); // the client is gone
    this.#end();
  }

  /** Ends what can't be answered, or not to its end. */
  fail(): void {
    if (this.#writer) this.#writer.abort("the function failed").catch(() => {});
    else this.resolve(failed());
    this.#end();
  }

  /** Gets the next piece of the request's body. */
  pull(): void {
    this.#reader!.read().then(
      ({ done, value }) => this.#go(() => this.bridge.pulled(this.id, done ? null : value, null)),
      () => this.#go(() => this.bridge.pulled(this.id, null, "the body broke off")),
    );
  }

  /** Answers, and returns whether that is an answer at all. */
  #answer(body: BodyInit | null, status: number, lines: string): boolean {
    try {
      const headers = new Headers();
      const parts = lines === "" ? [] : lines.split("\n");
      for (let i = 0; i + 1 < parts.length; i += 2) headers.append(parts[i], parts[i + 1]);
      this.resolve(new Response(body, { status, headers }));
      return true;
    } catch (error) {
      console.error(`The answer is none: ${error}`); // a status or header that HTTP hasn't got
      this.resolve(failed());
      return false;
    }
  }

  #left = () => this.#go(() => this.bridge.left(this.id));

  /** Calls into Go, which may have ended. */
  #go(call: () => void): void {
    if (this.#over) return;
    if (this.bridge.ended) this.fail();
    else call();
  }

  #end(): void {
    this.#over = true;
    this.request.signal.removeEventListener("abort", this.#left);
    this.#reader?.cancel().catch(() => {});
    this.forget();
  }
}

function failed(): Response {
  const message = "Something went wrong here. It has been logged.";
  return Response.json(
    { code: "internal", message, details: null, hint: null, type: "about:blank", title: "Internal Server Error", status: 500 },
    { status: 500, headers: { "content-type": "application/problem+json", "cache-control": "no-store", "access-control-allow-origin": "*" } },
  );
}
