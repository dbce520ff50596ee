import { useId } from "react";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { ShowMore } from "../../components/ShowMore";
import type { PostingStatus, PostingSummary } from "../../lib/api/types";
import { useColumn } from "./api";
import { Card } from "./Card";
import { statusNames } from "./statuses";

interface ColumnProps {
  status: PostingStatus;
  search: string;
  /** The posting that was moved last. */
  moved: PostingSummary | undefined;
  onMove: (posting: PostingSummary, status: PostingStatus) => Promise<void>;
}

export function Column({ status, search, moved, onMove }: ColumnProps) {
  const id = useId();
  const column = useColumn(status, search);
  const cards = column.data?.items;
  return (
    <section className="column" aria-labelledby={id} aria-busy={column.isPlaceholderData}>
      <h2 id={id} className="column-title">
        {statusNames[status]} <span className="column-total">{column.data?.total.toLocaleString()}</span>
      </h2>
      {cards ? (
        cards.length > 0 ? (
          <ul className="cards">
            {cards.map((posting) => (
              <Card
                key={posting.id}
                posting={posting}
                // Until its old column is loaded again, the card stands in both.
                takesFocus={moved?.id === posting.id && moved.status === posting.status}
                onMove={onMove}
              />
            ))}
          </ul>
        ) : (
          <p className="empty">None</p>
        )
      ) : column.error ? (
        <LoadFailure error={column.error} retry={column.refetch} />
      ) : (
        <Loading label="Loading…" />
      )}
      <ShowMore
        of={statusNames[status]}
        more={column.hasNextPage}
        pending={column.isFetchingNextPage}
        failure={column.isFetchNextPageError ? column.error : null}
        load={column.fetchNextPage}
      />
    </section>
  );
}
