import { useEffect, useRef } from "react";
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
      <select
        className="card-move"
        aria-label={`Move “${posting.title}” to…`}
        value=""
        onChange={(event) => void onMove(posting, event.target.value as PostingStatus)}
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
    </li>
  );
}
