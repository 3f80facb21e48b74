"""What a Python program does with the API, through Debian's python3-kubernetes: run by python.test.ts with a kubeconfig.

Each function is one case; a line `ok NAME` or `failed NAME` and a traceback is printed for it.
"""

import base64
import json
import sys
import threading
import time
import traceback

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

NAMESPACE = "python"
core = apps = discovery = batch = resources = None


def refusal(call, *arguments, **options):
    """The exception that a call must end with."""
    try:
        call(*arguments, **options)
    except ApiException as error:
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def eventually(what, attempt):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = attempt()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited 20 s for: {what}")


def pod_template(labels):
    container = client.V1Container(name="c", image="host", env=[client.V1EnvVar(name="A", value="1")])
    return client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )


def services():
    port = client.V1ServicePort(name="http", port=80, target_port="http")
    spec = client.V1ServiceSpec(selector={"app": "web"}, ports=[port])
    meta = client.V1ObjectMeta(name="web", labels={"app": "web"})
    made = core.create_namespaced_service(NAMESPACE, client.V1Service(metadata=meta, spec=spec))
    assert made.spec.cluster_ip.startswith("10."), made.spec
    assert made.spec.ports[0].target_port == "http"
    assert made.spec.internal_traffic_policy == "Cluster"
    listed = core.list_namespaced_service(NAMESPACE, label_selector="app=web", field_selector="metadata.name=web")
    assert [one.metadata.name for one in listed.items] == ["web"]
    # The client's patches are strategic merges where its body is a mapping, JSON patches where it is a list.
    patched = core.patch_namespaced_service("web", NAMESPACE, {"spec": {"ports": [{"port": 81, "name": "more"}]}})
    assert refusal(core.patch_namespaced_service, "web", NAMESPACE, [{"op": "remove", "path": "/spec/nope"}]).status == 422
    patched.spec.session_affinity = "ClientIP"
    replaced = core.replace_namespaced_service("web", NAMESPACE, patched)
    assert replaced.spec.session_affinity_config.client_ip.timeout_seconds == 10800
    core.delete_namespaced_service("web", NAMESPACE)
    error = refusal(core.read_namespaced_service, "web", NAMESPACE)
    assert (error.status, error.reason) == (404, "Not Found"), error


def endpoint_slices():
    endpoint = client.V1Endpoint(addresses=["192.0.2.7"], conditions=client.V1EndpointConditions(ready=True))
    meta = client.V1ObjectMeta(name="by-hand", labels={"kubernetes.io/service-name": "none"})
    body = client.V1EndpointSlice(
        metadata=meta, address_type="IPv4", endpoints=[endpoint], ports=[client.DiscoveryV1EndpointPort(name="http", port=80)]
    )
    discovery.create_namespaced_endpoint_slice(NAMESPACE, body)
    changed = discovery.patch_namespaced_endpoint_slice(
        "by-hand", NAMESPACE, {"endpoints": [{"addresses": ["192.0.2.8"], "conditions": {"ready": False}}]}
    )
    assert [one.addresses for one in changed.endpoints] == [["192.0.2.8"]]
    listed = discovery.list_namespaced_endpoint_slice(NAMESPACE, label_selector="kubernetes.io/service-name=none")
    assert listed.items[0].ports[0].port == 80
    discovery.delete_namespaced_endpoint_slice("by-hand", NAMESPACE)


def config_maps_and_secrets():
    meta = client.V1ObjectMeta(name="settings")
    core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=meta, data={"a": "1", "b": "2"}))
    patched = core.patch_namespaced_config_map("settings", NAMESPACE, {"data": {"b": None, "c": "3"}})
    assert patched.data == {"a": "1", "c": "3"}, patched.data
    stale = core.read_namespaced_config_map("settings", NAMESPACE)
    core.patch_namespaced_config_map("settings", NAMESPACE, {"data": {"d": "4"}})
    assert refusal(core.replace_namespaced_config_map, "settings", NAMESPACE, stale).status == 409
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="key"), string_data={"user": "me"})
    made = core.create_namespaced_secret(NAMESPACE, secret)
    assert base64.b64decode(made.data["user"]) == b"me"
    tried = client.V1Secret(metadata=client.V1ObjectMeta(name="tried"))
    core.create_namespaced_secret(NAMESPACE, tried, dry_run="All")
    assert [one.metadata.name for one in core.list_namespaced_secret(NAMESPACE).items] == ["key"]
    core.delete_collection_namespaced_secret(NAMESPACE)
    assert core.list_namespaced_secret(NAMESPACE).items == []


def deployments_and_scale():
    labels = {"app": "scaled"}
    spec = client.V1DeploymentSpec(
        replicas=0, selector=client.V1LabelSelector(match_labels=labels), template=pod_template(labels)
    )
    apps.create_namespaced_deployment(NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name="scaled"), spec=spec))
    scale = apps.read_namespaced_deployment_scale("scaled", NAMESPACE)
    assert (scale.kind, scale.spec.replicas, scale.status.selector) == ("Scale", None, "app=scaled"), scale
    # The controller writes at the same time: whatever version is there is the one that is meant.
    scale.metadata.resource_version = None
    scale.spec.replicas = 2
    assert apps.replace_namespaced_deployment_scale("scaled", NAMESPACE, scale).spec.replicas == 2
    scaled = apps.patch_namespaced_deployment_scale("scaled", NAMESPACE, {"spec": {"replicas": 1}})
    assert scaled.spec.replicas == 1
    apps.patch_namespaced_deployment(
        "scaled", NAMESPACE, {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "other"}]}}}}
    )
    seen = apps.read_namespaced_deployment("scaled", NAMESPACE)
    container = seen.spec.template.spec.containers[0]
    assert (container.image, container.env[0].value, seen.spec.replicas) == ("other", "1", 1)
    eventually(
        "its pod", lambda: core.list_namespaced_pod(NAMESPACE, label_selector="app=scaled").items
    )
    apps.delete_namespaced_deployment("scaled", NAMESPACE, propagation_policy="Foreground")
    eventually("its pods are gone", lambda: not core.list_namespaced_pod(NAMESPACE, label_selector="app=scaled").items)


def pods_and_eviction():
    container = client.V1Container(name="c", image="host")
    body = client.V1Pod(metadata=client.V1ObjectMeta(name="lone"), spec=client.V1PodSpec(containers=[container]))
    made = core.create_namespaced_pod(NAMESPACE, body)
    assert (made.status.phase, made.spec.restart_policy, made.status.qos_class) == ("Pending", "Always", "BestEffort")
    status = {"status": {"phase": "Running", "containerStatuses": [status_of("c")]}}
    patched = core.patch_namespaced_pod_status("lone", NAMESPACE, status)
    assert patched.status.container_statuses[0].image == "host"
    core.create_namespaced_pod_eviction(
        "lone", NAMESPACE, client.V1Eviction(metadata=client.V1ObjectMeta(name="lone", namespace=NAMESPACE))
    )
    eventually("the pod is gone", lambda: not core.list_namespaced_pod(NAMESPACE, field_selector="metadata.name=lone").items)


def status_of(name):
    return {"name": name, "image": "host", "imageID": "", "ready": True, "restartCount": 0, "state": {"running": {}}}


def jobs():
    job = client.V1Job(
        metadata=client.V1ObjectMeta(name="once"), spec=client.V1JobSpec(template=pod_template(None), backoff_limit=0)
    )
    job.spec.template.spec.restart_policy = "Never"
    made = batch.create_namespaced_job(NAMESPACE, job)
    assert (made.spec.parallelism, made.spec.completion_mode) == (1, "NonIndexed")
    batch.delete_namespaced_job("once", NAMESPACE, propagation_policy="Background")


def watches():
    start = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    seen = []

    def write():
        meta = client.V1ObjectMeta(name="watched")
        core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=meta, data={"n": "0"}))
        core.patch_namespaced_config_map("watched", NAMESPACE, {"data": {"n": "1"}})
        core.delete_namespaced_config_map("watched", NAMESPACE)

    writer = threading.Thread(target=write)
    writer.start()
    stream = watch.Watch()
    for event in stream.stream(
        core.list_namespaced_config_map, NAMESPACE, resource_version=start, timeout_seconds=20
    ):
        seen.append((event["type"], event["object"].metadata.name, event["object"].data["n"]))
        if event["type"] == "DELETED":
            stream.stop()
    writer.join()
    assert seen == [("ADDED", "watched", "0"), ("MODIFIED", "watched", "1"), ("DELETED", "watched", "1")], seen
    # A watch that is given time ends by itself when it is over.
    begin = time.monotonic()
    events = watch.Watch().stream(core.list_namespaced_service, NAMESPACE, timeout_seconds=1)
    assert list(events) == []
    assert 0.5 < time.monotonic() - begin < 10
    old = refusal(lambda: list(watch.Watch().stream(core.list_namespace, resource_version="nonsense", timeout_seconds=2)))
    assert old.status == 400, old


def pages():
    for number in range(7):
        meta = client.V1ObjectMeta(name=f"page-{number}", labels={"page": "yes"})
        core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=meta))
    names, token, versions = [], None, set()
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, limit=3, _continue=token, label_selector="page=yes")
        assert len(page.items) <= 3
        names += [one.metadata.name for one in page.items]
        versions.add(page.metadata.resource_version)
        token = page.metadata._continue
        if len(names) == 3:
            # What is written between two pages is not of this list.
            meta = client.V1ObjectMeta(name="page-9", labels={"page": "yes"})
            core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=meta))
        if not token:
            break
    assert names == [f"page-{number}" for number in range(7)], names
    assert len(versions) == 1, versions
    assert refusal(core.list_namespaced_config_map, NAMESPACE, limit=3, _continue="nonsense").status == 400


def refusals():
    ports = [client.V1ServicePort(port=70000)]
    body = client.V1Service(metadata=client.V1ObjectMeta(name="1Abc"), spec=client.V1ServiceSpec(ports=ports))
    error = refusal(core.create_namespaced_service, NAMESPACE, body)
    assert (error.status, error.reason) == (422, "Unprocessable Entity"), error
    status = client.ApiClient().deserialize(Answer(error.body), "V1Status")
    assert status.reason == "Invalid" and status.details.kind == "Service"
    assert {"metadata.name", "spec.ports[0].port"} <= {cause.field for cause in status.details.causes}, status
    nowhere = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="x"))
    error = refusal(core.create_namespaced_config_map, "nowhere", nowhere)
    assert error.status == 404 and 'namespaces \\"nowhere\\" not found' in error.body, error
    assert refusal(core.delete_namespace, "default").status == 403
    anonymous = client.Configuration.get_default_copy()
    anonymous.cert_file = anonymous.key_file = None
    assert refusal(client.CoreV1Api(client.ApiClient(anonymous)).list_node).status == 403


class Answer:
    """What ApiClient.deserialize wants to have."""

    def __init__(self, data):
        self.data = data


def dynamic_client():
    config_maps = resources.resources.get(api_version="v1", kind="ConfigMap")
    assert (config_maps.name, config_maps.namespaced, config_maps.short_names) == ("configmaps", True, ["cm"])
    scaled = resources.resources.get(api_version="apps/v1", kind="Deployment")
    assert "scale" in scaled.subresources and "status" in scaled.subresources, scaled.subresources
    by_short_name = resources.resources.get(short_names=["ing"])
    assert by_short_name.kind == "Ingress"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic"}, "data": {"a": "1"}}
    made = config_maps.create(body=body, namespace=NAMESPACE)
    assert made.data.a == "1"
    found = config_maps.get(namespace=NAMESPACE, field_selector="metadata.name=dynamic")
    assert [one.metadata.name for one in found.items] == ["dynamic"]
    patched = config_maps.patch(
        name="dynamic", namespace=NAMESPACE, body={"data": {"b": "2"}}, content_type="application/merge-patch+json"
    )
    assert patched.to_dict()["data"] == {"a": "1", "b": "2"}
    start = found.metadata.resourceVersion
    event = next(iter(config_maps.watch(namespace=NAMESPACE, resource_version=start, timeout=10)))
    assert (event["type"], event["object"].metadata.name) == ("MODIFIED", "dynamic"), event
    config_maps.delete(name="dynamic", namespace=NAMESPACE)
    try:
        config_maps.get(name="dynamic", namespace=NAMESPACE)
        raise AssertionError("it is still there")
    except NotFoundError as error:
        assert (error.status, error.reason) == (404, "Not Found"), error


def server_side_apply():
    config_maps = resources.resources.get(api_version="v1", kind="ConfigMap")

    def apply(data, manager, force=False):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": data}
        # This version of the client sends mappings as JSON alone.
        text = json.dumps(body)
        return config_maps.server_side_apply(
            name="applied", namespace=NAMESPACE, body=text, field_manager=manager, force_conflicts=force or None
        ).to_dict()

    apply({"a": "1", "b": "1"}, "one")
    try:
        apply({"b": "2"}, "two")
        raise AssertionError("no conflict")
    except ConflictError as error:
        assert b'conflict with \\"one\\": .data.b' in error.body, error.body
    assert apply({"b": "2"}, "two", force=True)["data"] == {"a": "1", "b": "2"}
    assert apply({}, "one")["data"] == {"b": "2"}
    owners = {entry["manager"]: entry["fieldsV1"] for entry in apply({"b": "2"}, "two")["metadata"]["managedFields"]}
    assert owners["two"] == {"f:data": {"f:b": {}}}, owners


def main():
    global core, apps, discovery, batch, resources
    config.load_kube_config(config_file=sys.argv[1])
    core, apps, discovery = client.CoreV1Api(), client.AppsV1Api(), client.DiscoveryV1Api()
    batch = client.BatchV1Api()
    resources = dynamic.DynamicClient(client.ApiClient())
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    for case in cases:
        try:
            case()
            print("ok", case.__name__, flush=True)
        except Exception:
            print("failed", case.__name__, traceback.format_exc(), flush=True)


cases = [
    services,
    endpoint_slices,
    config_maps_and_secrets,
    deployments_and_scale,
    pods_and_eviction,
    jobs,
    watches,
    pages,
    refusals,
    dynamic_client,
    server_side_apply,
]

if __name__ == "__main__":
    main()
