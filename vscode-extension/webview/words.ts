/** The view's words in the editor's language: the extension puts their table into the page. */

let table: Readonly<Record<string, string>> | undefined;

export function say(text: string, ...parts: readonly (string | number)[]): string {
  table ??= JSON.parse(document.body.dataset["words"] ?? "{}") as Record<string, string>;
  const words = table[text] ?? text;
  return words.replace(/\{(\d+)\}/g, (_, number) => `${parts[Number(number)] ?? ""}`);
}
