// Requests for what rows show beside the list itself: a few at a time, the row that was seen last first.
const MAX_AT_ONCE = 2;
const waiting: (() => Promise<void>)[] = [];
let running = 0;

export function inTurn(job: () => Promise<void>): void {
  waiting.push(job);
  pump();
}

function pump(): void {
  while (running < MAX_AT_ONCE) {
    const job = waiting.pop();
    if (job === undefined) return;
    running++;
    void job().finally(() => {
      running--;
      pump();
    });
  }
}
