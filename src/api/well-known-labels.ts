// Labels and annotations that parts which do not know each other agree on (services.md C.5, D.1).

/** Of an EndpointSlice: the Service whose endpoints it holds. */
export const serviceNameLabel = 'kubernetes.io/service-name';
/** Of EndpointSlices and Endpoints of a headless Service: not for proxies. */
export const headlessLabel = 'service.kubernetes.io/headless';
/** Of a Service: which proxy looks after it, when that is not the usual one. */
export const serviceProxyNameLabel = 'service.kubernetes.io/service-proxy-name';
/** Of an EndpointSlice or Endpoints: when that began to change which it shows last (RFC 3339). */
export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';
