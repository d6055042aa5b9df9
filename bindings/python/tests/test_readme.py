"""What the README shows is run, one block after the other, as somebody would type it."""

import re
from pathlib import Path
from typing import Any, Dict

import pytest

README = Path(__file__).parent.parent / "README.md"


def test_every_snippet_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 5
    names: Dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
