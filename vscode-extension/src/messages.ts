/** What the extension and its lesson view say to each other. */

import type { Page, PageRef, Picture, PictureParams, ThreadMap } from "./protocol";

export type Action = "run" | "debug" | "hint" | "next" | "closing" | "compare" | "awaited";

/** What the controls of a picture are set to. */
export type Settings = Pick<PictureParams, "values" | "strokes">;

export type ToView =
  | { readonly type: "waiting"; readonly text: string }
  | { readonly type: "page"; readonly page: Page }
  | { readonly type: "picture"; readonly picture: Picture }
  | { readonly type: "threads"; readonly map: ThreadMap }
  | { readonly type: "colours"; readonly colours: Readonly<Record<string, string>> };

export type FromView =
  | { readonly type: "ready"; readonly width: number }
  | { readonly type: "act"; readonly action: Action }
  | { readonly type: "draw"; readonly set: Settings }
  | { readonly type: "turn"; readonly to: Pick<PageRef, "step" | "module"> };

/** What the view keeps while it is hidden: how far a page was read. */
export interface Kept {
  readonly module: string;
  readonly step: string | null;
  readonly scroll: number;
}
