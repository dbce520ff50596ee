import { useState } from "react";
import { Field } from "../../components/Field";
import { Form } from "../../components/Form";
import { problemTypes } from "../../lib/api/problem";
import { useChangePassword } from "./api";

const names = ["current_password", "new_password"] as const;
const fieldOfProblem = { [problemTypes.wrongPassword]: "current_password" };

export function PasswordForm() {
  const change = useChangePassword();
  const [changes, setChanges] = useState(0);
  return (
    <Form
      // Empty again after each change.
      key={changes}
      className="form-columns"
      names={names}
      onSubmit={async (values) => {
        await change.mutateAsync(values);
        setChanges(changes + 1);
      }}
      fieldOfProblem={fieldOfProblem}
      takesFocus={changes > 0}
      submitLabel="Change password"
      pendingLabel="Changing…"
      footer={
        <p className="save-state" role="status">
          {change.isSuccess && "Changed. Every other browser is signed out."}
        </p>
      }
    >
      <Field
        name="current_password"
        label="Current password"
        type="password"
        autoComplete="current-password"
        maxLength={128}
        required
      />
      <Field
        name="new_password"
        label="New password"
        hint="At least 12 characters. Every other browser will be signed out."
        type="password"
        autoComplete="new-password"
        minLength={12}
        maxLength={128}
        required
      />
    </Form>
  );
}
