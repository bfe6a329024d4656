// The probe's hello, in TypeScript: what functions/edge/bench measures the WebAssembly against.

Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen: () => {} }, (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== "/probe/hello") return new Response("404 page not found\n", { status: 404 });
  return Response.json({ hello: searchParams.get("name") ?? "", items: [1, 2, 3], ok: true });
});
