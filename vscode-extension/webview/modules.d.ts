declare module "*.css";
declare module "markdown-it-texmath" {
  import type { PluginWithOptions } from "markdown-it";

  interface Options {
    engine: { renderToString(tex: string, options: { displayMode?: boolean }): string };
    delimiters: string;
  }
  const texmath: PluginWithOptions<Options>;
  export default texmath;
}
