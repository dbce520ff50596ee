import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import type { PostingStatus, PostingSummary } from "../../lib/api/types";
import { formatDay } from "../../lib/format";
import { statuses, statusNames } from "./statuses";

interface CardProps {
  posting: PostingSummary;
  /** Whether it has just come here, so that whoever moved it goes on here. */
  takesFocus: boolean;
  onMove: (posting: PostingSummary, status: PostingStatus) => Promise<void>;
}

export function Card({ posting, takesFocus, onMove }: CardProps) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (takesFocus) link.current?.focus();
  }, [takesFocus]);

  return (
    <li className="card">
      <h3 className="card-title">
        <Link ref={link} to={`/postings/${String(posting.id)}`}>
          {posting.title}
        </Link>
      </h3>
      <p>{posting.company}</p>
      {posting.location && <p className="card-detail">{posting.location}</p>}
      {posting.closes_on && <p className="card-detail">Closes {formatDay(posting.closes_on)}</p>}
      <Move posting={posting} onMove={onMove} />
    </li>
  );
}

/** Moves at once what is chosen by hand. On the keyboard the arrows pass by other choices first, so there a button does. */
function Move({ posting, onMove }: Pick<CardProps, "posting" | "onMove">) {
  const [chosen, setChosen] = useState<PostingStatus | "">("");
  const byKeyboard = useRef(false);

  function move(status: PostingStatus) {
    setChosen("");
    void onMove(posting, status);
  }

  return (
    <div className="card-move">
      <select
        aria-label={`Move “${posting.title}” to…`}
        value={chosen}
        onKeyDown={() => {
          byKeyboard.current = true;
        }}
        onPointerDown={() => {
          byKeyboard.current = false;
        }}
        onChange={(event) => {
          const status = event.target.value as PostingStatus | "";
          if (status && !byKeyboard.current) move(status);
          else setChosen(status);
        }}
      >
        <option value="">Move to…</option>
        {statuses
          .filter((status) => status !== posting.status)
          .map((status) => (
            <option key={status} value={status}>
              {statusNames[status]}
            </option>
          ))}
      </select>
      {chosen && (
        <button
          type="button"
          className="button"
          onClick={() => {
            move(chosen);
          }}
        >
          Move
        </button>
      )}
    </div>
  );
}
