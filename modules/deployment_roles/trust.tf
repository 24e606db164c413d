# Who may take which role: workflows of one repository, by the exact subject of
# their token. A job with `environment:` has the environment as its subject and
# no branch, so GitHub's branch rule of that environment guards the branch. Hence
# a job that promotes from here to another environment is known by that other one.

locals {
  _named = "repo:${var.repository.owner}/${var.repository.repository}"

  # Repositories made, renamed or moved since 2026-07-15 carry their numbers, so
  # that whoever takes over a former name does not take over its roles.
  _numbered = "repo:${var.repository.owner}@${var.repository.owner_id}/${var.repository.repository}@${var.repository.repository_id}"

  _repositories = concat(
    contains(var.repository.subject_forms, "name") ? [local._named] : [],
    contains(var.repository.subject_forms, "immutable") ? [local._numbered] : [],
  )

  _branch = "ref:refs/heads/${var.main_branch}"

  _contexts = {
    apply = ["environment:${var.environment}"]
    plan  = concat(["pull_request", local._branch], [for name in sort(var.promotes_to) : "environment:${name}"])
    push  = [local._branch]
  }

  subjects = {
    for role, contexts in local._contexts : role => flatten([
      for repository in local._repositories : [for context in contexts : "${repository}:${context}"]
    ])
  }

  # For the preconditions of the roles, beside the checks of the variables.
  subjects_are_exact = {
    for role, subjects in local.subjects : role => length(subjects) > 0 && alltrue([
      for subject in subjects : can(regex("^repo:[^/:*?$]+/[^/:*?$]+:[^*?$]+$", subject))
    ])
  }
  no_subject_message = "The role would trust a token without regard to its subject, and so any repository on GitHub."
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    sid     = "GitHubActions"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = each.value
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    dynamic "condition" {
      for_each = var.repository.id_checked ? [var.repository.repository_id] : []

      content {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:repository_id"
        values   = [condition.value]
      }
    }
  }
}
