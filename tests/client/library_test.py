"""Drives a hub with the public client library: configuration, variables, secrets, runs, entities, pumps, status.

SLUICE_PROGRAM names the hub's program. Run by run.sh, whose Python has the library.
"""

import io
import json
import pathlib
import sys
import tempfile
import unittest
import zipfile

import sesamclient

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from hub_process import HubProcess  # noqa: E402  (after the path)

METADATA = {"_id": "node", "type": "metadata", "namespaced_identifiers": False,
            "task_manager": {"disable_user_pipes": True}}
PERSONS = {"_id": "persons", "type": "pipe", "source": {"type": "embedded", "entities": [
    {"_id": "1", "name": "Ada", "country": "no"}, {"_id": "2", "name": "Bob", "country": "se"},
    {"_id": "3", "name": "Cid", "country": "no", "_deleted": True}]}}
GREETINGS = {"_id": "greetings", "type": "pipe", "source": {"type": "dataset", "dataset": "persons"},
             "transform": {"type": "dtl", "rules": {"default": [
                 ["copy", ["list", "_id", "_deleted"]], ["add", "text", ["concat", "$ENV(greeting) ", "_S.name"]]]}}}
PUBLISHED = {"_id": "published", "type": "pipe", "source": {"type": "dataset", "dataset": "greetings"},
             "sink": {"type": "http_endpoint"}}
PUSHED = {"_id": "pushed", "type": "pipe", "source": {"type": "http_endpoint"}}
SYSTEM = {"_id": "elsewhere", "type": "system:url", "url_pattern": "http://127.0.0.1:1/%s",
          "authentication": "basic", "username": "me", "password": "$SECRET(password)"}
BROKEN = {"_id": "broken", "type": "pipe", "source": {"type": "dataset", "dataset": "persons"},
          "transform": {"type": "dtl", "rules": {"default": [["add", "x", ["no-such-function", 1]]]}}}
COMPONENTS = [METADATA, PERSONS, GREETINGS, PUBLISHED, PUSHED, SYSTEM]


def archive(components) -> bytes:
    """The zip archive that the command-line client uploads."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as files:
        for component in components:
            kind = component["type"].split(":")[0]
            name = "node-metadata.conf.json" if kind == "metadata" else f"{kind}s/{component['_id']}.conf.json"
            files.writestr(name, json.dumps(component, indent=2))
    return content.getvalue()


class LibraryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sluice-client-")
        cls.hub = HubProcess(pathlib.Path(cls.folder.name) / "data")
        cls.node = cls.connect(cls.hub.token)

    @classmethod
    def tearDownClass(cls):
        cls.node.close()
        status = cls.hub.stop()
        cls.folder.cleanup()
        assert status == 0, f"the hub ended with status {status}"

    @classmethod
    def connect(cls, token):
        return sesamclient.Connection(sesamapi_base_url=f"{cls.hub.url}/api", jwt_auth_token=token, timeout=60)

    def setUp(self):
        self.node.session.post(f"{self.node.pipes_url}/stop-run-all-pipes").raise_for_status()
        self.node.upload_config([], force=True)
        self.node.put_env_vars({"greeting": "Hello"})
        self.node.upload_config(archive(COMPONENTS))

    def run_all(self, **parameters):
        answer = self.node.session.post(f"{self.node.pipes_url}/run-all-pipes", params=parameters)
        answer.raise_for_status()
        return answer.json()

    def entities(self, dataset, **parameters):
        return {entity["_id"]: entity for entity in
                self.node.get_dataset(dataset).get_entities(do_transit_decoding=False, **parameters)}

    def test_a_wrong_token_is_refused(self):
        with self.assertRaises(Exception) as raised:
            self.connect("a.b.c").get_api_info()
        self.assertIn("401", str(raised.exception))

    def test_node_and_status(self):
        self.assertIs(self.node.get_api_info()["status"]["developer_mode"], True)
        status = self.node.get_status()
        self.assertTrue(status["node_start_time"])
        self.assertEqual(self.node.get_status()["node_start_time"], status["node_start_time"])
        self.assertEqual(self.node.get_ping()["status"], "ok")

    def test_configuration_comes_back_as_it_was(self):
        with zipfile.ZipFile(io.BytesIO(self.node.get_config_as_zip())) as files:
            back = {name: files.read(name).decode() for name in files.namelist()}
        self.assertEqual(sorted(back), ["node-metadata.conf.json", "pipes/greetings.conf.json",
                                        "pipes/persons.conf.json", "pipes/published.conf.json",
                                        "pipes/pushed.conf.json", "systems/elsewhere.conf.json"])
        self.assertEqual(back["pipes/persons.conf.json"], json.dumps(PERSONS, indent=2))
        self.assertEqual(json.loads(back["node-metadata.conf.json"]), METADATA)
        ids = [component["_id"] for component in self.node.get_config()]
        self.assertEqual(sorted(ids), sorted(component["_id"] for component in COMPONENTS))

    def test_a_broken_configuration_is_refused_whole(self):
        answer = self.node.session.put(f"{self.node.get_config_url()}?force=false",
                                       files={"file": ("config", archive(COMPONENTS + [BROKEN]), "application/zip")})
        self.assertEqual(answer.status_code, 400)
        [found] = [each for each in answer.json()["validation_errors"] if each["posted-config"]["_id"] == "broken"]
        [error] = [each for each in found["config-errors"] if each["level"] == "error"]
        self.assertIn("no-such-function", error["msg"])
        self.assertTrue(error["elements"])
        self.assertIsNone(self.node.get_pipe("broken"))

        self.node.upload_config(archive(COMPONENTS + [BROKEN]), force=True)
        pipe = self.node.get_pipe("broken")
        self.assertIs(pipe.runtime["is-valid-config"], False)
        self.assertIn("no-such-function", pipe.runtime["config-errors"][0]["msg"])

    def test_pipes_show_their_effective_configuration(self):
        pipes = {pipe.id: pipe for pipe in self.node.get_pipes()}
        self.assertEqual(sorted(pipes), ["greetings", "persons", "published", "pushed"])
        greetings = pipes["greetings"]
        self.assertEqual(greetings.config["original"], GREETINGS)
        self.assertEqual(greetings.config["effective"]["sink"]["dataset"], "greetings")
        self.assertIs(greetings.runtime["is-valid-config"], True)
        self.assertNotEqual(greetings.runtime["state"], "Deploying")
        self.assertEqual(pipes["published"].config["effective"]["sink"]["type"], "http_endpoint")

    def test_a_run_of_all_pipes_fills_the_datasets(self):
        self.assertEqual(self.run_all(extra_zero_runs=2)["status"], "success")
        self.assertEqual({key: entity["text"] for key, entity in self.entities("greetings", history=False, deleted=False).items()},
                         {"1": "Hello Ada", "2": "Hello Bob"})
        pipe = self.node.get_pipe("published")
        worked_out = self.node.session.get(self.node.get_pipe_entities_url("published")).json()
        self.assertEqual({entity["_id"] for entity in worked_out if not entity.get("_deleted")}, {"1", "2"})
        published = self.node.session.get(f"{self.node.sesamapi_base_url}publishers/{pipe.id}/entities"
                                          if hasattr(self.node, "sesamapi_base_url")
                                          else f"{self.hub.url}/api/publishers/{pipe.id}/entities").json()
        self.assertEqual({entity["text"] for entity in published if not entity["_deleted"]},
                         {"Hello Ada", "Hello Bob"})

    def test_a_failed_run_says_which_pipe(self):
        failing = {"_id": "failing", "type": "pipe",
                   "source": {"type": "json", "system": "elsewhere", "url": "nothing"}}
        self.node.upload_config(archive(COMPONENTS + [failing]))
        self.node.get_system("elsewhere").put_secrets({"password": "swordfish"})
        answer = self.run_all(max_run_time=60)
        self.assertEqual(answer["status"], "failed")
        self.assertIn("failing", [pipe["pipe"] for pipe in answer["pipes"]])

    def test_an_asynchronous_run_tells_its_end(self):
        token = self.run_all(request_mode="async")["token"]
        url = f"{self.node.pipes_url}/get-pipe-runner-status"
        status = "running"
        for _ in range(10_000):
            status = self.node.session.get(url, params={"token": token}).json()["status"]
            if status != "running":
                break
        self.assertEqual(status, "success")
        log_url = f"{self.node.pipes_url}/get-run-all-pipes-log"
        lines = self.node.session.get(log_url, params={"token": token}).json()
        self.assertTrue(lines)
        self.assertEqual(set(lines[0]), {"timestamp", "loglevel", "logdata"})
        after = self.node.session.get(log_url, params={"token": token, "since": lines[0]["timestamp"]}).json()
        self.assertEqual(after, lines[1:])
        self.assertEqual(self.node.session.get(log_url, params={"since": lines[-1]["timestamp"]}).json(), [])

    def test_pushed_entities_arrive(self):
        url = self.node.get_pipe_receiver_endpoint_url("pushed")
        self.node.session.post(url, json=[{"_id": "a", "x": 1}, {"_id": "b"}]).raise_for_status()
        self.assertEqual(self.entities("pushed", history=False)["a"]["x"], 1)
        first = [entity["_id"] for entity in self.node.get_dataset("pushed").get_entities(limit=1, history=False,
                                                                                        deleted=False)]
        self.assertEqual(first, ["a"])
        # What receivers have fed is kept where the run is told to.
        self.assertEqual(self.run_all(delete_input_datasets=False)["status"], "success")
        self.assertEqual(sorted(self.entities("pushed", history=False, deleted=False)), ["a", "b"])

    def test_pumps_do_as_they_are_told(self):
        pump = self.node.get_pipe("greetings").get_pump()
        pump.disable()
        self.assertIs(self.node.get_pipe("greetings").get_pump().is_disabled, True)
        pump.enable()
        self.assertIs(self.node.get_pipe("greetings").get_pump().is_disabled, False)
        self.assertIs(self.node.get_pipe("published").get_pump().is_disabled, False)

    def test_variables_and_secrets(self):
        self.assertEqual(self.node.get_env_vars(), {"greeting": "Hello"})
        self.node.put_env_vars({"greeting": "Hi", "number": 7})
        self.assertEqual(self.node.get_env_vars(), {"greeting": "Hi", "number": 7})
        system = self.node.get_system("elsewhere")
        system.put_secrets({"password": "swordfish"})
        url = f"{self.node.get_system_url('elsewhere')}/secrets"
        self.assertEqual(self.node.session.get(url).json(), ["password"])
        self.assertNotIn("swordfish", json.dumps([each.config for each in self.node.get_systems()]))

    def test_metadata(self):
        metadata = self.node.get_metadata()
        self.assertEqual(metadata["config"]["original"], METADATA)
        self.assertIn("global_defaults", metadata["config"]["effective"])

    def test_a_restart_keeps_everything_and_a_reset_nothing(self):
        self.assertEqual(self.run_all()["status"], "success")
        before = self.node.get_status()["node_start_time"]
        self.assertEqual(self.node.restart_node(), {"message": "OK"})
        restarted = self.wait_for_restart(before)
        self.assertEqual(sorted(self.entities("greetings", history=False, deleted=False)), ["1", "2"])
        self.assertEqual(self.node.reset_node(), {"message": "OK"})
        self.wait_for_restart(restarted)
        self.assertEqual(self.node.get_pipes(), [])
        self.assertEqual(self.node.get_env_vars(), {})
        self.assertIsNone(self.node.get_dataset("greetings"))

    def wait_for_restart(self, before):
        for _ in range(10_000):
            try:
                now = self.connect(self.hub.token).get_status()["node_start_time"]
            except Exception:  # Between two lives nobody listens.
                continue
            if now != before:
                return now
        self.fail("the hub did not come back")

    def test_delete_all_sink_datasets(self):
        self.assertEqual(self.run_all()["status"], "success")
        self.node.delete_all_sink_datasets()
        self.assertEqual(self.entities("greetings") if self.node.get_dataset("greetings") else {}, {})


if __name__ == "__main__":
    unittest.main()
