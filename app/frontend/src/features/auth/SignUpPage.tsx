import { Field } from "../../components/Field";
import { Form } from "../../components/Form";
import { GoodNotice } from "../../components/Notice";
import { Page } from "../../components/Page";
import { problemTypes } from "../../lib/api/problem";
import { useAfterFarewell, useSignUp } from "./api";

const names = ["full_name", "email", "password"] as const;
const fieldOfProblem = { [problemTypes.emailTaken]: "email" };

export function SignUpPage() {
  const signUp = useSignUp();
  const afterFarewell = useAfterFarewell();
  return (
    <Page title="Create your account">
      {afterFarewell && <GoodNotice>Your account is gone, and everything that was in it.</GoodNotice>}
      <Form
        names={names}
        onSubmit={signUp.mutateAsync}
        fieldOfProblem={fieldOfProblem}
        submitLabel="Sign up"
        pendingLabel="Signing up…"
      >
        <Field name="full_name" label="Full name (optional)" autoComplete="name" maxLength={200} />
        <Field
          name="email"
          label="E-mail address"
          type="email"
          autoComplete="username"
          maxLength={254}
          required
        />
        <Field
          name="password"
          label="Password"
          hint="At least 12 characters. A few unrelated words make a good one."
          type="password"
          autoComplete="new-password"
          minLength={12}
          maxLength={128}
          required
        />
      </Form>
    </Page>
  );
}
