// Loaded before the program (`node --import`): its clock jumps to and fro by up to CLOCK_JUMP_MS, as when a machine's time is
// set by hand, wakes up, or is a guest that was paused. Timers go on as they are: they count, they do not look.
const most = Number(process.env.CLOCK_JUMP_MS ?? 0);
const TrueDate = Date;
let offset = 0;

const jump = (): void => {
  offset = Math.round((Math.random() * 2 - 1) * most);
  setTimeout(jump, 500 + Math.random() * 2000).unref();
};
if (most > 0) jump();

class JumpingDate extends TrueDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(TrueDate.now() + offset);
    else super(...(given as [number]));
  }
  static override now(): number {
    return TrueDate.now() + offset;
  }
}
globalThis.Date = JumpingDate as DateConstructor;
