"""README.txt of a bundle: what it is and how to verify it, for whoever is handed one. Text only."""

# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

from __future__ import annotations

from vision.bundles.manifest import Manifest, Role

NAME = "README.txt"

_ENGLISH = """\
Evidence of one alarm, out of Bondwatch
=======================================

alarm   {alarm_id}
site    {site}
ledger  {origin}
{state}
replay.html   open it in any browser, offline: the video, and why the alarm was raised
report.pdf    the same for paper
evidence/     clips, timelines and pictures as they were recorded
shown/        copies derived from them, where there are any; they are no evidence
alarm.jsonl   every message about the alarm, the oldest first
ledger/       entries of the ledger with their proofs, and the checkpoint they lead to
manifest.json every file with its SHA-256; manifest.note signs it

Verify it before you believe it, with Bondwatch on any machine, offline:

    bondwatch verify {zip} --key PUB --checkpoint FILE

PUB is the public key of the site and FILE a checkpoint of its ledger. Both must come from
elsewhere: from whoever keeps them for the auditors, never out of this bundle. Exit status 0 and
"intact" mean that everything in it is as the site recorded it. docs/audit.md tells the rest.
"""

_CHINESE = """\

Bondwatch 单个警报的证据包
==========================

警报  {alarm_id}
站点  {site}
账本  {origin}
{state}
replay.html   用任何浏览器离线打开：录像，以及为何发出警报
report.pdf    同样内容的打印报告
evidence/     按原样保存的录像、时间线和图片
shown/        由原件制成的副本（如有），不是证据
alarm.jsonl   关于该警报的每条消息，从旧到新
ledger/       账本记录及其证明，以及它们所对应的检查点
manifest.json 每个文件及其 SHA-256；manifest.note 是对它的签名

采信之前请先验证。在任何装有 Bondwatch 的机器上，离线即可：

    bondwatch verify {zip} --key PUB --checkpoint FILE

PUB 是站点的公钥，FILE 是其账本的一份检查点。两者都必须来自别处：
由替审计方保管的人提供，绝不能取自本证据包。退出状态 0 和“intact”表示其中一切与站点记录的完全一致。
其余说明见 docs/audit.zh.md。
"""


def text(manifest: Manifest, zip_name: str) -> str:
    """The text, English first."""
    facts = {
        "alarm_id": manifest.alarm_id,
        "site": manifest.site,
        "origin": manifest.origin,
        "zip": zip_name,
    }
    english, chinese = _states(manifest)
    return _ENGLISH.format(state=english, **facts) + _CHINESE.format(state=chinese, **facts)


def _states(manifest: Manifest) -> tuple[str, str]:
    english, chinese = "", ""
    if manifest.role is Role.DERIVED:
        english += (
            "\nThis is a derived copy: names are left out, faces of others are blurred, and the\n"
            "original pictures are not in it. The manifest names their digests.\n"
        )
        chinese += "\n这是衍生副本：不含姓名，他人面部已模糊，不含原始影像。清单列有原件的摘要。\n"
    if not manifest.is_finished:
        english += (
            "\nThe evidence was not finished when this was made; see the manifest's remarks.\n"
        )
        chinese += "\n制作本证据包时证据尚未完整，见清单中的 remarks。\n"
    return english, chinese
