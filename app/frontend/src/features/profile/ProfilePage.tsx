import type { ReactNode } from "react";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { Page } from "../../components/Page";
import { useProfile } from "./api";
import { ProfileForm } from "./ProfileForm";

/** The profile, and below it what else there is to tell about a person. */
export function ProfilePage({ children }: { children: ReactNode }) {
  const profile = useProfile();
  return (
    <Page title="Your profile" intro="The first thing people read about you.">
      {profile.data ? (
        <ProfileForm profile={profile.data} />
      ) : profile.error ? (
        <LoadFailure error={profile.error} retry={profile.refetch} />
      ) : (
        <Loading label="Loading your profile…" />
      )}
      {children}
    </Page>
  );
}
