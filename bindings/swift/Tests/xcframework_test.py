"""The Apple bundle: its property list, its slices and its module, from stand-in libraries."""

import plistlib
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "xcframework"


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True)


class Bundle(unittest.TestCase):
    def test_layout(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "stand-in.a")
            library.write_bytes(b"!<arch>\n")
            names = ["ios-arm64", "ios-arm64_x86_64-simulator", "macos-arm64_x86_64"]
            given = [word for name in names for word in ("--library", f"{name}={library}")]
            done = run(*given, folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            bundle = Path(folder, "CCrm.xcframework")
            info = plistlib.loads((bundle / "Info.plist").read_bytes())
            self.assertEqual(info["CFBundlePackageType"], "XFWK")
            self.assertEqual([one["LibraryIdentifier"] for one in info["AvailableLibraries"]], names)
            for one in info["AvailableLibraries"]:
                slice = bundle / one["LibraryIdentifier"]
                self.assertEqual((slice / one["LibraryPath"]).read_bytes(), library.read_bytes())
                headers = slice / one["HeadersPath"] / "CCrm"
                self.assertEqual({file.name for file in headers.iterdir()}, {"crm.h", "module.modulemap"})
                module = (headers / "module.modulemap").read_text()
                self.assertIn("module CCrm {", module)
                self.assertNotIn("link", module)
            variants = [one.get("SupportedPlatformVariant") for one in info["AvailableLibraries"]]
            self.assertEqual(variants, [None, "simulator", None])

    def test_what_is_missing_is_said(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("not known: beos", run("--library", "beos=x", folder).stderr)
            self.assertIn("no file", run("--library", "ios-arm64=/nowhere.a", folder).stderr)
            self.assertIn("none given", run(folder).stderr)


if __name__ == "__main__":
    unittest.main()
