// A sentence in which `marked` words are names of things: commands, fields, files.
export function Sentence({ text }: { readonly text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no identity but their place
      <code key={index} className="font-mono text-[0.92em] text-ink">
        {part}
      </code>
    ),
  );
}
