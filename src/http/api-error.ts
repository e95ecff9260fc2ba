/** A refusal in the form that every route outside the callback paths uses. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}

export function apiError(code: string, message: string): ApiError {
  return { error: { code, message } };
}
