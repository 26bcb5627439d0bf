// The address to listen on is taken, or may not be used: a sentence for the person who started the server.
export class AddressFault extends Error {
  override readonly name = 'AddressFault';
}
