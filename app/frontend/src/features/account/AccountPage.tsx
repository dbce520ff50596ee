import { Page } from "../../components/Page";
import { Section } from "../../components/Section";
import { useSession } from "../auth/api";
import { exportAddress } from "./api";
import { DeletionForm } from "./DeletionForm";
import { PasswordForm } from "./PasswordForm";

export function AccountPage() {
  const { data: user } = useSession();
  return (
    <Page title="Your account">
      <Section title="E-mail address" intro="You log in with it.">
        <p className="account-address">{user?.email}</p>
      </Section>
      <Section title="Password">
        <PasswordForm />
      </Section>
      <Section
        title="Your data"
        intro="Everything in this account as one archive: your profile, histories and postings as JSON, and every file as you uploaded it."
      >
        <p className="section-action">
          <a className="button button-quiet" href={exportAddress} download>
            Download everything
          </a>
        </p>
      </Section>
      <Section
        title="Delete the account"
        intro="Your profile, histories, postings and files go with it, for good. You may want to download everything first."
      >
        <DeletionForm />
      </Section>
    </Page>
  );
}
