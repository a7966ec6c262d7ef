import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.infrastructure.parking import MODEL

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "instance", "__pycache__", "node_modules", "*.sqlite3*")


def test_an_entity_costs_one_file_and_a_migration(tmp_path: Path) -> None:
    tree, instance = tmp_path / "tree", tmp_path / "instance"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    instance.mkdir()
    (tree / "models" / "parking_space.py").write_text(MODEL, encoding="utf-8")
    program = [sys.executable, "-m", "tests.infrastructure.parking", str(instance)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(program, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "in the menu": True,
        "fault": 422,
        "foreign owner": 422,
        "listed": ["P-1", "P-2"],
        "filtered": [["P-1"], ["P-1"], ["P-2", "P-1"]],
        "searched": True,
        "edited": 302,
        "history": True,
        "on the owner's page": True,
        "exported": [True, True, False],
        "looked up": True,
        "other estate": [404, 404, 404],
        "clerk": [200, 403, 403],
        "engineer": 403,
        "deleted": 302,
        "template": True,
        "imported": [[2, 0, 0], [0, 0, 2]],
        "refused": [[4, "码头"]],
        "status": [1, 1],
    }
    assert [path.name for path in (tree / "migrations" / "versions").glob("9999_*.py")] == ["9999_parking_spaces.py"]
