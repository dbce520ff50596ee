import { Checkbox, Field } from "../../components/Field";
import { Form } from "../../components/Form";
import { problemTypes } from "../../lib/api/problem";
import { useFarewell } from "../auth/api";
import { useDeleteAccount } from "./api";

const names = ["password"] as const;
const fieldOfProblem = { [problemTypes.wrongPassword]: "password" };

export function DeletionForm() {
  const remove = useDeleteAccount();
  const farewell = useFarewell();
  return (
    <Form
      className="form-narrow"
      names={names}
      onSubmit={async (values) => {
        await remove.mutateAsync(values);
        await farewell();
      }}
      fieldOfProblem={fieldOfProblem}
      submitLabel="Delete my account"
      pendingLabel="Deleting…"
      submitClass="button-danger"
    >
      <Field
        name="password"
        label="Your password"
        type="password"
        autoComplete="current-password"
        maxLength={128}
        required
      />
      <Checkbox name="sure" label="I want everything in this account deleted, for good" required />
    </Form>
  );
}
