import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { leaks } from "./secrets.mjs";

const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI1ZWVkIn0.c2lnbmF0dXJlLW9mLXRoaXM";
const secrets = new Set([token, "correct horse battery", "비밀번호는여덟글자", "Xk3_secret-key"]);

describe("leaks", () => {
  for (const [name, text, found] of [
    ["nothing", '{"level":"INFO","route":"/rest/v1/*","user":"5eed0002-0000-4000-8000-000000000001"}', 0],
    ["nothing at all", "", 0],
    ["a password", "sign-in of a with correct horse battery failed", 1],
    ["a password at the very end", "correct horse battery", 1],
    ["a password in a URL", "GET /?password=correct%20horse%20battery", 1],
    ["a password in Korean", "password=비밀번호는여덟글자", 1],
    ["most of a password", "correct horse batter", 0],
    ["a key inside a word", "xxXk3_secret-keyxx", 1],
    ["a key, twice", "Xk3_secret-key Xk3_secret-key", 2],
    ["the signature alone", "signature c2lnbmF0dXJlLW9mLXRoaXM is not valid", 1],
    ["another token", `Bearer ${token.replace("c2ln", "ZZZZ")}`, 1],
    ["a secret key of any stack", "apikey sb_secret_0123456789abcdefgh", 1],
    ["a session's cookie", `Cookie: __Host-mysingle=${"a".repeat(40)}`, 1],
    ["a part of a session's cookie", `Cookie: mysingle.1=${"a".repeat(40)}`, 1],
  ]) {
    it(`${found || "none"} in ${name}`, () => assert.equal(leaks(text, secrets).length, found));
  }
});
