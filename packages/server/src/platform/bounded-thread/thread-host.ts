// The process around a bounded thread. When an allocation is so large that V8 gives up, it ends the process, not
// the thread: then it is this one that ends, which holds nothing, and not the server. What cannot be interrupted ends
// with this process too, once the answer is out.
import { BoundedThread } from './bounded-thread.ts';
import type { HostAnswer, HostRequest } from './isolated-thread.ts';

const [file = '', limitMs = ''] = process.argv.slice(2);
const thread = new BoundedThread<unknown, unknown>(new URL(file), Number(limitMs));

process.on('message', ({ id, request }: HostRequest) => {
  void thread.ask(request).then((answer) => {
    const message: HostAnswer = { id, answer };
    process.send?.(message, () => {
      if (answer.isStuck) process.kill(process.pid, 'SIGKILL');
    });
  });
});
// Whoever asked is gone.
process.on('disconnect', () => process.exit(0));
