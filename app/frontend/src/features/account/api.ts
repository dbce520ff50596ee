import { useMutation } from "@tanstack/react-query";
import { api } from "../../lib/api/client";
import type { AccountDeletion, PasswordChange } from "../../lib/api/types";

export const exportAddress = api.address("/account/export");

export function useChangePassword() {
  return useMutation({ mutationFn: (change: PasswordChange) => api.post("/account/password", change) });
}

export function useDeleteAccount() {
  return useMutation({ mutationFn: (deletion: AccountDeletion) => api.post("/account/deletion", deletion) });
}
