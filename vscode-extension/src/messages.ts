/** What the extension and its lesson view say to each other. */

import type { Page, PageRef, Picture } from "./protocol";

export type Action = "run" | "debug" | "hint" | "next" | "compare";

export type ToView =
  | { readonly type: "waiting"; readonly text: string }
  | { readonly type: "page"; readonly page: Page; readonly folder: string | undefined }
  | { readonly type: "picture"; readonly picture: Picture }
  | { readonly type: "colours"; readonly colours: Readonly<Record<string, string>> };

export type FromView =
  | { readonly type: "ready"; readonly width: number }
  | { readonly type: "act"; readonly action: Action }
  | { readonly type: "turn"; readonly to: Pick<PageRef, "step" | "module"> };

/** What the view keeps over a reload of the window, to be given back to the extension. */
export interface Kept {
  readonly module: string;
  readonly step: string | null;
  readonly folder: string | undefined;
  readonly scroll: number;
}
