"""Education and work history."""

from typing import Any

from apiflask import APIBlueprint

from ..models import EducationHistory, WorkHistory
from ..ownership import mine, page
from ..schemas.base import PageQuery
from ..schemas.history import Education, EducationIn, EducationPage, WorkIn, WorkPage
from ..schemas.history import Work as WorkAnswer
from ..sessions import require_user
from .crud import add_crud

education = APIBlueprint("education", __name__, url_prefix="/education")
education.before_request(require_user)
add_crud(education, EducationHistory, EducationIn, Education)

work = APIBlueprint("work", __name__, url_prefix="/work")
work.before_request(require_user)
add_crud(work, WorkHistory, WorkIn, WorkAnswer)


@education.get("")
@education.input(PageQuery, location="query")
@education.output(EducationPage)
def list_education(query_data: PageQuery) -> dict[str, Any]:
    """List one's education, newest first."""
    model = EducationHistory
    return page(mine(model), query_data, model.start_date.desc(), model.id.desc())


@work.get("")
@work.input(PageQuery, location="query")
@work.output(WorkPage)
def list_work(query_data: PageQuery) -> dict[str, Any]:
    """List one's positions, newest first."""
    model = WorkHistory
    return page(mine(model), query_data, model.start_date.desc(), model.id.desc())
