import { Field } from "../../components/Field";
import { Form } from "../../components/Form";
import { Page } from "../../components/Page";
import { useLogIn } from "./api";

const names = ["email", "password"] as const;

export function LogInPage() {
  const logIn = useLogIn();
  return (
    <Page title="Welcome back">
      <Form names={names} onSubmit={logIn.mutateAsync} submitLabel="Log in" pendingLabel="Logging in…">
        <Field name="email" label="E-mail address" type="email" autoComplete="username" required />
        <Field name="password" label="Password" type="password" autoComplete="current-password" required />
      </Form>
    </Page>
  );
}
