import { serve } from "../../loader.ts";

serve(new URL("main.wasm", import.meta.url));
