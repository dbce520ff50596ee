import { Field } from "../../components/Field";
import type { Education } from "../../lib/api/types";
import { HistorySection, type HistoryKind } from "./HistorySection";

const education: HistoryKind<Education> = {
  path: "/education",
  title: "Education",
  invitation: "Schools, courses and degrees go here.",
  addLabel: "Add education",
  names: ["school", "degree", "field_of_study"],
  name: ({ school, degree }) => degree || school,
  place: ({ school, degree, field_of_study }) =>
    [field_of_study, degree && school].filter(Boolean).join(" · "),
  fields: (entry) => (
    <>
      <Field name="school" label="School" defaultValue={entry?.school} maxLength={200} required wide />
      <Field name="degree" label="Degree" defaultValue={entry?.degree} maxLength={200} />
      <Field
        name="field_of_study"
        label="Field of study"
        defaultValue={entry?.field_of_study}
        maxLength={200}
      />
    </>
  ),
};

export function EducationSection() {
  return <HistorySection kind={education} />;
}
