/** Does a thing soon, however often it is asked for: at once if it was not done lately, else when the gap is over. */
export class Throttle {
  private timer: NodeJS.Timeout | undefined;
  private last = 0;

  constructor(
    private readonly gap: number,
    private readonly work: () => void,
  ) {}

  soon(): void {
    if (this.timer) return;
    const wait = Math.max(0, this.last + this.gap - Date.now());
    this.timer = setTimeout(() => this.now(), wait);
  }

  now(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.last = Date.now();
    this.work();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
