// The reader's language and colours, put on the page before anything is painted. What they chose is kept in
// this browser; until then the browser's own settings count.
"use strict";
{
  const read = (name) => {
    try {
      return localStorage.getItem(`mysingle.${name}`);
    } catch {
      return null; // storage is switched off
    }
  };
  const root = document.documentElement;
  const spoken = (navigator.languages ?? [navigator.language]).find((tag) => /^(ko|en)\b/i.test(tag)) ?? "en";
  const known = (value, ...values) => (values.includes(value) ? value : null);
  root.lang = known(read("language"), "ko", "en") ?? spoken.slice(0, 2).toLowerCase();
  root.dataset.theme = known(read("theme"), "light", "dark") ?? "system";
}
