import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { useFocusNext } from "../../components/useFocusNext";
import { historyList, type Entry, type HistoryPath } from "./api";
import { EntryForm } from "./EntryForm";
import { HistoryEntry } from "./HistoryEntry";

/** What the two histories, education and work, do not have in common. */
export interface HistoryKind<Kind extends Entry> {
  path: HistoryPath;
  title: string;
  /** While there is nothing in it. */
  invitation: string;
  addLabel: string;
  /** The fields beside the dates, by their names. */
  names: readonly Exclude<keyof Kind, "id" | "etag" | "updated_at">[];
  fields: (entry: Kind | undefined) => ReactNode;
  /** An entry's first line, by which it is known, and its second. */
  name: (entry: Kind) => string;
  place: (entry: Kind) => string;
}

/** One history: a list, newest first, whose entries are added, edited and removed in their place. */
export function HistorySection<Kind extends Entry>({ kind }: { kind: HistoryKind<Kind> }) {
  const history = useInfiniteQuery(historyList<Kind>(kind.path));
  const [adding, setAdding] = useState(false);
  const focusNext = useFocusNext();
  const addId = `add-${kind.path.slice(1)}`;

  function stopAdding() {
    setAdding(false);
    focusNext(addId);
  }

  return (
    <Section
      title={kind.title}
      action={
        !adding && (
          <button
            type="button"
            id={addId}
            className="button button-quiet"
            onClick={() => {
              setAdding(true);
            }}
          >
            {kind.addLabel}
          </button>
        )
      }
    >
      {adding && <EntryForm kind={kind} onSaved={stopAdding} onCancel={stopAdding} />}
      {history.data ? (
        history.data.items.length > 0 ? (
          <ul className="entries">
            {history.data.items.map((entry) => (
              <HistoryEntry
                key={entry.id}
                kind={kind}
                entry={entry}
                onRemoved={() => {
                  focusNext(addId);
                }}
              />
            ))}
          </ul>
        ) : (
          !adding && <p className="empty">{kind.invitation}</p>
        )
      ) : history.error ? (
        <LoadFailure error={history.error} retry={history.refetch} />
      ) : (
        <Loading label={`Loading your ${kind.title.toLowerCase()}…`} />
      )}
      <ShowMore
        of={kind.title}
        more={history.hasNextPage}
        pending={history.isFetchingNextPage}
        failure={history.isFetchNextPageError ? history.error : null}
        load={history.fetchNextPage}
      />
    </Section>
  );
}
