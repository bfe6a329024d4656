import { serve } from "../edge/loader.ts";

serve(new URL("main.wasm", import.meta.url));
