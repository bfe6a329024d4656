// A reporter of Node's test runner that prints a line of JSON for each finished test: file, name, passed, skipped,
// seconds, message.

import { relative } from "node:path";
import { inspect } from "node:util";
import { repository } from "../settings.mjs";

export default async function* report(events) {
  const names = new Map(); // of each file: the names of the tests that are open, by nesting
  for await (const { type, data } of events) {
    const { file = "", nesting, name } = data ?? {};
    if (type === "test:start") names.set(file, [...(names.get(file) ?? []).slice(0, nesting), name]);
    if (type !== "test:pass" && type !== "test:fail") continue;
    const { error } = data.details;
    if (error?.failureType === "subtestsFailed") continue; // they are reported themselves
    const path = [...(names.get(file) ?? []).slice(0, nesting), name];
    const skipped = data.skip !== undefined || data.todo !== undefined;
    const passed = type === "test:pass" && !skipped;
    const message = passed ? undefined : error ? inspect(error.cause ?? error) : "the test was skipped";
    const seconds = data.details.duration_ms / 1000;
    yield `${JSON.stringify({ file: relative(repository, file), name: path.join(" > "), passed, skipped, seconds, message })}\n`;
  }
}
