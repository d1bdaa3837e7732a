"""What security staff can do about each reason, in Chinese."""

# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

from __future__ import annotations

from enum import StrEnum

from enrolment.bulk.reasons import RowReason
from enrolment.guided import Prompt
from enrolment.refusals import Refusal, Remark

CHINESE: dict[StrEnum, str] = {
    Refusal.PHOTO_MISSING: "找不到这个名称的照片。请核对文件名和所在文件夹。",
    Refusal.PATH_NOT_ALLOWED: "照片必须放在指定的文件夹或压缩包内。文件名不要含“..”，"
    "不要以“/”开头；不要使用链接，请复制原文件。",
    Refusal.NOT_A_PHOTO: "这不是 JPEG、PNG、WebP 或 HEIC 图片。请另存为其中一种格式。",
    Refusal.UNREADABLE: "文件已损坏或不完整。请重新复制，或重新拍照。",
    Refusal.ANIMATED: "这是动态图片。请使用单张照片。",
    Refusal.TOO_MANY_BYTES: "文件过大。请提高压缩率后重新保存。",
    Refusal.TOO_MANY_PIXELS: "图片像素过多。请缩小尺寸。",
    Refusal.NO_FACE: "未找到人脸。请正对镜头拍摄，脸部不要遮挡。",
    Refusal.SEVERAL_FACES: "照片中不止一张人脸。请裁剪到只剩一个人。",
    Refusal.TOO_SMALL: "人脸太小。请靠近镜头，或使用更大的照片。",
    Refusal.BLURRED: "人脸模糊。请保持不动，对焦在眼睛上，并增加光线。",
    Refusal.DARK: "脸部太暗。请面向光源。",
    Refusal.OVEREXPOSED: "脸部过亮。请避免闪光灯和阳光直射。",
    Refusal.TURNED_AWAY: "脸转向了一侧。请正视镜头。",
    Refusal.COVERED: "眼睛或嘴似乎被遮挡。请摘下口罩、墨镜和围巾，手不要挡脸，安全帽请向上推。",
    Refusal.DEGENERATE_LANDMARKS: "无法确定眼睛、鼻子和嘴的位置。请重新拍照。",
    Refusal.NOT_SAME_PERSON: "这些照片似乎不是同一个人。请核对照片属于谁。",
    Refusal.ALREADY_ENROLLED_AS: "这张脸已用另一个工号登记。请核实此人身份。",
    Remark.ALIKE: "此人与已登记的一个人很像。请核实不是同一个人。",
    RowReason.STAFF_ID_MISSING: "请为这一行填写工号。",
    RowReason.STAFF_ID_NOT_ALLOWED: "工号由 1 至 64 个英文字母、数字、“.”、“_”或“-”组成，"
    "以字母或数字开头。",
    RowReason.DUPLICATE_ID: "有多行使用同一个工号，这些行全部未导入。请只保留正确的一行。",
    RowReason.NAME_NOT_ALLOWED: "请填写姓名，不超过 200 个字符，不含控制字符。",
    RowReason.GROUP_MISSING: "请至少填写一个组或区域，或在导入时使用 --group。",
    RowReason.UNKNOWN_GROUP: "请改正组名，或先把该组加入 config.yaml。",
    RowReason.UNKNOWN_ZONE: "请改正区域名，或先把该区域加入 config.yaml。",
    RowReason.NO_HOURS: "区域和时段请写成“bay mon-fri 07:00-19:00 sat 08:00-12:00”，或只写区域。",
    RowReason.NO_BASIS: "“依据”一列请填写“同意”或“法定”；填写了目的或告知书版本时必须填写依据。",
    RowReason.TEXT_NOT_ALLOWED: "文字过长或含控制字符。请缩短后重新输入。",
    RowReason.NO_DATE: "日期请写成 2026-03-01 或 2026/3/1。",
    RowReason.AMBIGUOUS_DATE: "这个日期可能指两个不同的日子。请写成 2026-03-01，"
    "或使用 --date-order 说明顺序。",
    RowReason.ENDS_BEFORE_IT_BEGINS: "截止日期早于开始日期。请对调或改正。",
    RowReason.CELLS_TOO_MANY: "这一行的列数多于表头。含逗号的文字请加引号。",
    RowReason.NO_PHOTO: "没有找到此人的照片。请在“照片”一列填写文件名，或用工号命名照片文件；"
    "不登记人脸的人请填写证件号。",
    RowReason.PHOTOS_REFUSED: "没有一张照片可用。请查看每张照片的原因。",
    RowReason.NOT_TAKEN: "登记库未接受这一行。请查看详情，然后重新导入。",
    Prompt.LOOK_AHEAD: "请正视镜头。",
    Prompt.LOOK_LEFT: "请把头稍微转向您的左侧。",
    Prompt.LOOK_RIGHT: "请把头稍微转向您的右侧。",
    Prompt.LOOK_UP: "请面向前方，稍微抬起下巴。",
    Prompt.HOLD: "很好，请保持不动。",
    Prompt.COME_INTO_VIEW: "请站到镜头前，脸部不要遮挡。",
    Prompt.ONE_PERSON_ONLY: "画面中请只留一个人。",
    Prompt.COME_CLOSER: "请靠近一些。",
    Prompt.HOLD_STILL: "请不要动。",
    Prompt.MORE_LIGHT: "光线太暗，请面向光源。",
    Prompt.LESS_LIGHT: "光线太强，请避开强光。",
    Prompt.TURN_BACK: "转得太多，请往回转一点。",
    Prompt.UNCOVER: "请摘下口罩、墨镜和围巾，安全帽请向上推。",
    Prompt.DONE: "谢谢，采集完成。",
    Prompt.GIVEN_UP: "没有采集到合格的画面。请增加光线、靠近镜头后重试。",
}
