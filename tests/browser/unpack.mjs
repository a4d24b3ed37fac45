// Unpacks Chromium, its fonts and the libraries that a bare system lacks into $TMPDIR.
import { fileURLToPath } from "node:url";
import chromium, { inflate } from "@sparticuz/chromium";

const libraries = new URL("../bin/al2023.tar.br", import.meta.resolve("@sparticuz/chromium"));
console.log(await chromium.executablePath());
console.log(await inflate(fileURLToPath(libraries)));
