/** The error response of every route outside the callback paths. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}

/** Creates the body of an error response. */
export function apiError(code: string, message: string): ApiError {
  return { error: { code, message } };
}
