"""Layers of images in the local cloud's ECR, and images that are copied between accounts."""

import hashlib
import http.server
import json
import threading
import urllib.error

import pytest

from harness.web import direct
from infra import images, layers, stub_images
from infra.errors import DigestMismatchError, ImageMissingError, RegistryError
from local_aws import stub_images as built_in

INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def begin(ecr):
    return {
        "repositoryName": "app",
        "uploadId": ecr.initiate_layer_upload(repositoryName="app")["uploadId"],
    }


def part(ecr, upload, content, first=0, last=None):
    end = first + len(content) - 1 if last is None else last
    return ecr.upload_layer_part(
        **upload, partFirstByte=first, partLastByte=end, layerPartBlob=content
    )


def put_layer(ecr, content):
    upload = begin(ecr)
    part(ecr, upload, content)
    return ecr.complete_layer_upload(**upload, layerDigests=[digest_of(content)])["layerDigest"]


def download(ecr, digest):
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)["downloadUrl"]
    with direct.open(url) as answer:
        return answer.read()


@pytest.fixture
def ecr(client):
    made = client("ecr")
    made.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    return made


@pytest.fixture
def other(server, account):
    """The registry of another account."""
    made = server.client("ecr", str(int(account) + 500_000))
    made.create_repository(repositoryName="target", imageTagMutability="IMMUTABLE")
    return made


@pytest.fixture
def image(ecr):
    made = stub_images.make({"of": "the test"})
    stub_images.push(ecr, "app", made, "build-1")
    return made


def test_the_layers_of_an_image_come_back_as_they_were_sent(ecr, image):
    for blob in image.blobs:
        assert download(ecr, digest_of(blob)) == blob


def test_a_layer_can_be_sent_in_parts(ecr):
    upload, first, second = begin(ecr), bytes(5 * 1024 * 1024), b"end"
    assert part(ecr, upload, first)["lastByteReceived"] == len(first) - 1
    part(ecr, upload, second, first=len(first))
    whole = digest_of(first + second)
    ecr.complete_layer_upload(**upload, layerDigests=[whole])
    (found,) = ecr.batch_check_layer_availability(repositoryName="app", layerDigests=[whole])[
        "layers"
    ]
    assert (found["layerAvailability"], found["layerSize"]) == ("AVAILABLE", len(first) + 3)


def test_parts_that_do_not_fit_are_refused(ecr, refused):
    upload = begin(ecr)
    with refused("InvalidLayerPartException", "Invalid layer part"):
        part(ecr, upload, b"abc", last=7)
    part(ecr, upload, b"abc")
    with refused("LayerPartTooSmallException", "at least 5 MiB"):
        part(ecr, upload, b"def", first=3)


def test_a_layer_must_have_the_announced_digest(ecr, refused):
    upload = begin(ecr)
    with refused("EmptyUploadException", "any layer parts"):
        ecr.complete_layer_upload(**upload, layerDigests=[digest_of(b"")])
    part(ecr, upload, b"abc")
    with refused("InvalidLayerException", "does not match"):
        ecr.complete_layer_upload(**upload, layerDigests=[digest_of(b"xyz")])
    answer = ecr.batch_check_layer_availability(
        repositoryName="app", layerDigests=[digest_of(b"abc"), "nonsense"]
    )
    assert answer["layers"] == []
    codes = [failure["failureCode"] for failure in answer["failures"]]
    assert codes == ["MissingLayerDigest", "InvalidLayerDigest"]


def test_a_layer_that_is_there_is_not_taken_again(ecr, refused):
    put_layer(ecr, b"abc")
    with refused("LayerAlreadyExistsException", "already exists"):
        put_layer(ecr, b"abc")


def test_only_layers_of_images_can_be_downloaded(ecr, refused):
    call = {"repositoryName": "app"}
    with refused("LayersNotFoundException", "does not exist"):
        ecr.get_download_url_for_layer(**call, layerDigest=digest_of(b"none"))
    unused = put_layer(ecr, b"abc")
    with refused("LayerInaccessibleException", "not associated with an image"):
        ecr.get_download_url_for_layer(**call, layerDigest=unused)


def test_an_address_is_good_for_its_layer_alone(ecr, image):
    one, two = (digest_of(blob) for blob in image.blobs)
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=one)["downloadUrl"]
    for wrong in (url.replace(one[7:], two[7:]), url.partition("&signature")[0], url[:-1]):
        with pytest.raises(urllib.error.HTTPError) as caught:
            direct.open(wrong)
        caught.value.close()
        assert caught.value.code == 403


def test_an_image_whose_layers_are_missing_is_refused(ecr, refused):
    made = stub_images.make({"never": "uploaded"})
    put_layer(ecr, made.blobs[0])
    with refused("LayersNotFoundException", digest_of(made.blobs[1])):
        ecr.put_image(repositoryName="app", imageManifest=made.manifest, imageTag="v1")
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [{"digest": made.digest, "size": 1}],
    }
    with refused("ReferencedImagesNotFoundException", "does not exist"):
        ecr.put_image(repositoryName="app", imageManifest=json.dumps(index), imageTag="v1")


def test_layers_of_another_account_need_its_policy(ecr, other, image, account, refused):
    wanted = {
        "registryId": account,
        "repositoryName": "app",
        "layerDigest": digest_of(image.blobs[0]),
    }
    with refused("AccessDeniedException", "ecr:GetDownloadUrlForLayer"):
        other.get_download_url_for_layer(**wanted)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName="app", policyText=policy)
    assert images.copy_image(
        other, "app", other, "target", image.digest, "release-1", source_registry=account
    )


def test_layers_outlive_the_process(keeping, account):
    ecr = keeping.server.client("ecr", account)
    ecr.create_repository(repositoryName="app")
    made = stub_images.make({"kept": "yes"})
    stub_images.push(ecr, "app", made, "v1")
    keeping.crash_and_start()
    ecr = keeping.server.client("ecr", account)
    assert [download(ecr, digest_of(blob)) for blob in made.blobs] == list(made.blobs)


def test_an_image_is_copied_as_it_is_and_only_once(ecr, other, image):
    assert not images.exists(other, "target", image.digest)
    assert images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    (found,) = other.batch_get_image(repositoryName="target", imageIds=[{"imageTag": "release-1"}])[
        "images"
    ]
    assert found["imageManifest"] == image.manifest
    assert images.exists(other, "target", image.digest)
    assert not images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert images.copy_image(ecr, "app", other, "target", image.digest, "release-2")
    assert len(other.describe_images(repositoryName="target")["imageDetails"]) == 1


def test_a_built_in_image_is_copied_too(ecr, other):
    (release, _) = built_in.stub_images()
    assert images.copy_image(ecr, "app", other, "target", release.digest, "release-r-1")
    assert not images.copy_image(ecr, "app", other, "target", release.digest, "release-r-1")
    (found,) = other.list_images(repositoryName="target")["imageIds"]
    assert (found["imageDigest"], found["imageTag"]) == (release.digest, "release-r-1")


def test_an_index_is_copied_with_its_parts(ecr, other):
    parts = [stub_images.make({"platform": name}) for name in ("amd64", "arm64")]
    for made in parts:
        stub_images.push(ecr, "app", made, f"build-{made.digest[7:15]}")
    index = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [
                {"mediaType": stub_images.MEDIA_TYPE, "digest": made.digest, "size": 1}
                for made in parts
            ],
        }
    )
    ecr.put_image(repositoryName="app", imageManifest=index, imageTag="v1")
    digest = digest_of(index.encode())
    assert images.copy_image(ecr, "app", other, "target", digest, "release-1")
    assert all(images.exists(other, "target", made.digest) for made in parts)
    assert not images.copy_image(ecr, "app", other, "target", digest, "release-1")


def test_an_interrupted_copy_goes_on_where_it_was(ecr, other, image):
    def interrupt(**_):
        raise KeyboardInterrupt

    # Everything but the manifest arrives.
    other.meta.events.register("before-call.ecr.PutImage", interrupt)
    with pytest.raises(KeyboardInterrupt):
        images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    other.meta.events.unregister("before-call.ecr.PutImage", interrupt)
    assert not images.exists(other, "target", image.digest)
    uploads = []
    other.meta.events.register("before-call.ecr.InitiateLayerUpload", lambda **_: uploads.append(1))
    assert images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert uploads == []
    assert images.exists(other, "target", image.digest)


def test_a_damaged_layer_is_refused_on_either_side(ecr, other, image, monkeypatch):
    real = layers._chunks
    monkeypatch.setattr(layers, "_chunks", lambda answer: [*real(answer), b"more"])
    with pytest.raises(DigestMismatchError) as caught:
        images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert digest_of(image.blobs[0]) in caught.value.message
    monkeypatch.undo()
    # On the way to the target it is ECR that notices.
    other.meta.events.register(
        "provide-client-params.ecr.UploadLayerPart",
        lambda params, **_: {**params, "layerPartBlob": bytes(len(params["layerPartBlob"]))},
    )
    with pytest.raises(DigestMismatchError) as caught:
        images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert "damaged" in caught.value.message
    assert not images.exists(other, "target", image.digest)


@pytest.mark.mode(40, "digest-mismatch")
def test_a_manifest_that_was_changed_is_refused(ecr, other, image):
    def change(parsed, **_):
        for found in parsed.get("images", []):
            found["imageManifest"] += " "

    ecr.meta.events.register("after-call.ecr.BatchGetImage", change)
    with pytest.raises(DigestMismatchError):
        images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert other.list_images(repositoryName="target")["imageIds"] == []


@pytest.mark.mode(39, "image-missing")
def test_an_image_that_is_nowhere_is_missing(ecr, other):
    nowhere = "sha256:" + "0" * 64
    assert not images.exists(ecr, "app", nowhere)
    with pytest.raises(ImageMissingError) as caught:
        images.copy_image(ecr, "app", other, "target", nowhere, "release-1")
    assert nowhere in caught.value.message
    with pytest.raises(RegistryError):
        images.exists(ecr, "no-such-repository", nowhere)


@pytest.mark.mode(40, "digest-mismatch")
def test_a_tag_of_another_image_is_not_moved(ecr, other, image):
    taken = stub_images.make({"another": "image"})
    stub_images.push(other, "target", taken, "release-1")
    with pytest.raises(DigestMismatchError) as caught:
        images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert taken.digest in caught.value.message
    assert not images.exists(other, "target", image.digest)


def test_a_download_that_leads_elsewhere_is_not_followed(ecr, other, image):
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self):
            Elsewhere.asked += 1
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/layer?signature=s"
        ecr.meta.events.register(
            "after-call.ecr.GetDownloadUrlForLayer",
            lambda parsed, **_: parsed.update(downloadUrl=url),
        )
        with pytest.raises(RegistryError) as caught:
            images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
        server.shutdown()
    assert (Elsewhere.asked, "HTTP 302" in caught.value.message) == (1, True)


def test_no_address_outside_of_this_machine_is_followed(ecr, other, image):
    ecr.meta.events.register(
        "after-call.ecr.GetDownloadUrlForLayer",
        lambda parsed, **_: parsed.update(downloadUrl="https://layers.example.com/x?signature=s"),
    )
    with pytest.raises(RegistryError) as caught:
        images.copy_image(ecr, "app", other, "target", image.digest, "release-1")
    assert "outside of this machine" in caught.value.message
    assert "signature" not in caught.value.message
