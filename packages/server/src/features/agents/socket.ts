// Chats over the WebSocket: say something, stop the answer, watch it being written.
import type { ServerFrame } from '@gathering/contract/frames';
import type { Ctx } from '../../ctx.ts';
import type { FrameClient, FrameOf, Hub } from '../../platform/ws/hub.ts';
import { requireChat } from './chat-service.ts';
import { sendMessage, stopTurn } from './send-message.ts';

export function registerAgentFrames<A>(hub: Hub<A, Ctx>): void {
  hub.handle('agents.send', sendFrame);
  hub.handle('agents.stop', stopFrame);
  hub.handle('agents.watch', watchFrame);
}

export async function sendFrame(ctx: Ctx, frame: FrameOf<'agents.send'>): Promise<ServerFrame> {
  const sent = await sendMessage(ctx, { chatId: frame.chatId, text: frame.text });
  return { type: 'agents.sent', chatId: frame.chatId, ...sent, ref: frame.ref };
}

export async function stopFrame(ctx: Ctx, frame: FrameOf<'agents.stop'>): Promise<void> {
  await stopTurn(ctx, frame.chatId);
}

/** A chat that does not exist, or is somebody else's, is refused, and what was watched before stays watched. */
export async function watchFrame(ctx: Ctx, frame: FrameOf<'agents.watch'>, client: FrameClient): Promise<void> {
  for (const chatId of frame.chatIds) await requireChat(ctx, chatId);
  client.watch(frame.chatIds);
}
