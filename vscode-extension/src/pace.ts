/** Lets what happens in bursts be answered now and then. */

// VS Code refreshes a tree at once only if the last refresh is 0.2 s old; else it waits for a pause
// that long. A verdict comes a few hundredths of a second after its run has begun.
const SOON_MS = 60;
const APART_MS = 250;

export class Pace {
  private timer: NodeJS.Timeout | undefined;
  private last = Number.NEGATIVE_INFINITY;

  constructor(private readonly answer: () => void) {}

  /** Answer soon, with all that is asked until then, and not too soon after the last answer. */
  ask(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(SOON_MS, this.last + APART_MS - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.last = performance.now();
      this.answer();
    }, wait);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
