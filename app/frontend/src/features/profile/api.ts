import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../lib/api/client";
import type { Profile, ProfileIn } from "../../lib/api/types";

const profileKey = ["profile"];

async function fetchProfile(): Promise<Profile> {
  return (await api.get("/profile")) as Profile;
}

export function useProfile() {
  return useQuery({ queryKey: profileKey, queryFn: fetchProfile });
}

export function useSaveProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ values, etag }: { values: ProfileIn; etag: string }) =>
      (await api.put("/profile", values, etag)) as Profile,
    onSuccess: (profile) => {
      client.setQueryData(profileKey, profile);
    },
  });
}

/** Asks for the profile as it is at this moment. */
export function useReloadProfile() {
  const client = useQueryClient();
  return () => client.query({ queryKey: profileKey, queryFn: fetchProfile, staleTime: 0 });
}
