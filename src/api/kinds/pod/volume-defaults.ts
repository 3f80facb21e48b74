// What a pod's volumes are when their author does not say (api.md §13).

import type { DownwardAPIVolumeFile, Volume, VolumeProjection } from '../../schema/volume.ts';

const fileMode = 0o644;
const tokenSeconds = 3600;

export function setVolumeDefaults(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume.emptyDir = {};
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source) source.defaultMode ??= fileMode;
  }
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.downwardAPI) setFileDefaults(volume.downwardAPI.items);
  for (const projection of volume.projected?.sources ?? []) setProjectionDefaults(projection);
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim?.spec) claim.spec.volumeMode ??= 'Filesystem';
}

function setProjectionDefaults({ serviceAccountToken, downwardAPI }: VolumeProjection): void {
  if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= tokenSeconds;
  if (downwardAPI) setFileDefaults(downwardAPI.items);
}

function setFileDefaults(files: DownwardAPIVolumeFile[] = []): void {
  for (const { fieldRef, resourceFieldRef } of files) {
    if (fieldRef) fieldRef.apiVersion ||= 'v1';
    if (resourceFieldRef) resourceFieldRef.divisor ||= '0';
  }
}
