// An error the reader can solve: the entry point prints its message as it is, without a stack trace.

export function refuse(message) {
  return Object.assign(new Error(message), { refusal: true });
}
