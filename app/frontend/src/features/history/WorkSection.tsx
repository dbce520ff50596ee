import { Field } from "../../components/Field";
import type { Work } from "../../lib/api/types";
import { HistorySection, type HistoryKind } from "./HistorySection";

const work: HistoryKind<Work> = {
  path: "/work",
  title: "Work history",
  invitation: "Positions that you have held go here.",
  addLabel: "Add a position",
  names: ["title", "company", "location"],
  name: ({ title }) => title,
  place: ({ company, location }) => [company, location].filter(Boolean).join(" · "),
  fields: (entry) => (
    <>
      <Field name="title" label="Position" defaultValue={entry?.title} maxLength={200} required wide />
      <Field name="company" label="Company" defaultValue={entry?.company} maxLength={200} required />
      <Field name="location" label="Location" defaultValue={entry?.location} maxLength={200} />
    </>
  ),
};

export function WorkSection() {
  return <HistorySection kind={work} />;
}
