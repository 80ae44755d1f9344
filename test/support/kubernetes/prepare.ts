// Builds what the cluster tests need before they run, so that no test's time is spent on it: Kubernetes, the base image,
// the project's image. Where that is not possible it says why; the tests are skipped then, with the same words.
import { projectArchive } from './image.ts';
import { buildKube } from './kube-binary.ts';
import { pauseArchive } from './pause-image.ts';
import { cannotRunApi, cannotRunCluster } from './programs.ts';

const reason = cannotRunCluster() || cannotRunApi();
if (reason) console.log(`kubernetes: ${reason}; tests that need it are skipped`);
if (!cannotRunCluster()) {
  await buildKube();
  await pauseArchive();
  await projectArchive();
}
