"""The owners as a Django model and the resource of django-import-export that loads them; needs configured settings."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from import_export import fields, resources, widgets

PHONE = RegexValidator(r"^1[3-9][0-9]{9}$")


class Unit(models.Model):  # type: ignore[misc]  # ships no types
    code = models.CharField(max_length=40)
    estate_id = models.BigIntegerField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "unit"


class Owner(models.Model):  # type: ignore[misc]  # ships no types
    version = models.IntegerField(default=1)
    estate_id = models.BigIntegerField(default=1)
    number = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=32, null=True, validators=[PHONE])
    other_phone = models.CharField(max_length=32, null=True, blank=True, validators=[PHONE])
    id_number = models.CharField(max_length=18, null=True)
    email = models.CharField(max_length=254, null=True)
    contact_preference = models.CharField(max_length=40, null=True)
    note = models.TextField(null=True, blank=True)

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "owner"
        constraints = (models.UniqueConstraint(fields=["estate_id", "number"], name="number"),)


class UnitByCode(widgets.ForeignKeyWidget):  # type: ignore[misc]  # ships no types
    """The unit of a line, all of them known at once, as its documentation advises for many lines."""

    def __init__(self) -> None:
        super().__init__(Unit, field="code")
        self.known = dict(Unit.objects.filter(estate_id=1).values_list("code", "id"))

    def clean(self, value: Any, row: Any = None, **_: Any) -> Any:
        return self.known[f"{row['楼栋']}-{row['单元']}-{row['房号']}"]


class OwnerResource(resources.ModelResource):  # type: ignore[misc]  # ships no types
    number = fields.Field(attribute="number", column_name="业主编号")
    name = fields.Field(attribute="name", column_name="业主姓名")
    phone = fields.Field(attribute="phone", column_name="手机号")
    other_phone = fields.Field(attribute="other_phone", column_name="备用电话")
    id_number = fields.Field(attribute="id_number", column_name="身份证号")
    email = fields.Field(attribute="email", column_name="邮箱")
    note = fields.Field(attribute="note", column_name="备注")

    class Meta:
        model = Owner
        import_id_fields = ("number",)
        fields = ("number", "name", "phone", "other_phone", "id_number", "email", "note")
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        force_init_instance = False
        clean_model_instances = True

    def __init__(self) -> None:
        super().__init__()
        self.units = UnitByCode()

    def before_import_row(self, row: Any, **_: Any) -> None:
        """The preference as the model has it, and a unit that must be there."""
        self.units.clean(None, row)

    def after_init_instance(self, instance: Any, new: bool, row: Any, **_: Any) -> None:
        instance.contact_preference = "phone"
        instance.other_phone = None
