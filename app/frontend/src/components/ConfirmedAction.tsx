import { useEffect, useRef, useState } from "react";
import { messageOf } from "../lib/api/problem";
import { Notice } from "./Notice";

interface ConfirmedActionProps {
  /** On the button: "Remove". */
  label: string;
  /** What the button is about, for those who hear it out of its place. */
  of: string;
  question: string;
  confirmLabel: string;
  action: () => Promise<unknown>;
}

/** A button for what cannot be undone: it asks first, in its own place. */
export function ConfirmedAction({ label, of, ...asked }: ConfirmedActionProps) {
  const [asking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);

  useEffect(() => {
    if (wasAsking.current && !asking) button.current?.focus();
    wasAsking.current = asking;
  }, [asking]);

  if (asking) {
    return (
      <Question
        {...asked}
        close={() => {
          setAsking(false);
        }}
      />
    );
  }
  return (
    <button
      type="button"
      ref={button}
      className="button button-quiet"
      onClick={() => {
        setAsking(true);
      }}
    >
      {label} <span className="unseen">{of}</span>
    </button>
  );
}

interface QuestionProps {
  question: string;
  confirmLabel: string;
  action: () => Promise<unknown>;
  close: () => void;
}

function Question({ question, confirmLabel, action, close }: QuestionProps) {
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState("");
  const keep = useRef<HTMLButtonElement>(null);

  // An Enter too many changes nothing.
  useEffect(() => keep.current?.focus(), []);

  async function confirm() {
    if (pending) return;
    setPending(true);
    try {
      await action();
    } catch (error) {
      setFailure(messageOf(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <div className="question" role="group" aria-label={question}>
      <p>{question}</p>
      {failure && <Notice>{failure}</Notice>}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-disabled={pending}
          onClick={() => void confirm()}
        >
          {confirmLabel}
        </button>
        <button type="button" ref={keep} className="button button-quiet" onClick={close}>
          Keep it
        </button>
      </div>
    </div>
  );
}
