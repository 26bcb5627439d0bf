// The sign of the house: those who gather around one ring.
export function Mark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      aria-hidden="true"
      className="shrink-0 text-accent-ink"
    >
      <circle cx="16" cy="16" r="11" stroke="currentColor" strokeWidth="2.5" opacity="0.55" />
      <circle cx="16" cy="5" r="4" fill="currentColor" />
      <circle cx="6.5" cy="21.5" r="4" fill="currentColor" />
      <circle cx="25.5" cy="21.5" r="4" fill="currentColor" />
    </svg>
  );
}
