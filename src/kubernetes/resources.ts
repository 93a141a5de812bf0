/** Names a kind of resource as it stands in URLs. The core group is `''`. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  /** The lower-case plural: `pods`, `deployments`. */
  readonly resource: string;
}

/** Names a kind of resource as it stands in objects. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `v1` for the core group, else `group/version`. */
export function apiVersionOf(of: { readonly group: string; readonly version: string }): string {
  return of.group === '' ? of.version : `${of.group}/${of.version}`;
}
