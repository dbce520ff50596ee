import { useEffect, useState } from "react";
import type { PreviewProps } from "./Preview";

/** More than any résumé has; a page of megabytes would make the browser stall. */
const mostCharacters = 100_000;

export function TextPreview({ content }: PreviewProps) {
  const [text, setText] = useState<string>();

  useEffect(() => {
    let current = true;
    void content.text().then((read) => {
      if (current) setText(read);
    });
    return () => {
      current = false;
    };
  }, [content]);

  if (text === undefined) return null;
  return (
    <>
      <pre className="preview-text">{text.slice(0, mostCharacters)}</pre>
      {text.length > mostCharacters && (
        <p className="field-hint">This is how it begins. Download it to read on.</p>
      )}
    </>
  );
}
