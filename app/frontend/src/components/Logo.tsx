export function Logo() {
  return (
    <span className="logo">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path
          className="logo-folder"
          d="M3 9a4 4 0 0 1 4-4h6l4 4h8a4 4 0 0 1 4 4v10a4 4 0 0 1-4 4H7a4 4 0 0 1-4-4z"
        />
        <path className="logo-lines" d="M10 16h12M10 21h7" />
      </svg>
      Jobfolio
    </span>
  );
}
